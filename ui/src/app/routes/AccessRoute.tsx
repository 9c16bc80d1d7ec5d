export { AccessPage as AccessRoute } from "@/features/access/AccessPage";
