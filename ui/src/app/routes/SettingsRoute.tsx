import { useNavigate, useParams } from "@tanstack/react-router";
import { SettingsPage } from "@/features/settings/SettingsPage";
import { isSection } from "@/features/settings/sections";
import { AppearanceForm } from "../Dialogs";

export function SettingsRoute() {
  const { project, section } = useParams({ from: "/p/$project/settings/$section" });
  const navigate = useNavigate();
  return (
    <SettingsPage
      section={isSection(section) ? section : "appearance"}
      onSection={(next) => void navigate({ to: "/p/$project/settings/$section", params: { project, section: next }, replace: true })}
      appearance={<AppearanceForm />}
    />
  );
}
