import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Navigate, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import { questionOf, type Asking } from "@/features/home/asking";
import { begin } from "@/features/sign-in/begun";
import { InvitePage } from "@/features/sign-in/InvitePage";
import { ProviderPage, type ToldByProvider } from "@/features/sign-in/ProviderPage";
import { ResetPage, SignInPage, type Provider } from "@/features/sign-in/SignInPage";
import { SeenAs } from "@/features/view-as/SeenAs";
import { usePersona } from "@/host/persona";
import { studioPage } from "@/host/studio-page";
import { HERE, host } from "@/host";
import { connectionName } from "@/host/connection-name";
import type { Project } from "@/host/host";
import { connectionOf, rememberSignIn, SessionContext, whoAmI, workOf } from "@/host/session";
import { Button } from "@/kit/Button";
import { StatusBar } from "@/kit/status";
import { Empty, ErrorBand, Loading } from "@/kit/states";
import { m } from "./messages";
import { useProjects } from "./projects";
import { Shell, ShortcutsHint } from "./Shell";
import { WindowBar } from "./WindowBar";

/** What a project asks before it starts; most start without a word. */
const HomeDialogs = lazy(() => import("@/features/home/HomeDialogs").then((module) => ({ default: module.HomeDialogs })));

/** The frame while there is no session yet: same bars, one thing to do in the middle. */
export function Frame({ project, children }: { project: Project | null; children: ReactNode }) {
  const environment = project?.environment ?? "local";
  return (
    <div data-connection={environment} className="flex h-full flex-col">
      <WindowBar environment={environment} hasProject={false} left={<span className="ml-1 truncate text-title font-semibold">{project ? project.name : m("home")}</span>} />
      <main tabIndex={-1} className="relative flex min-h-0 flex-1 flex-col overflow-y-auto">{children}</main>
      <StatusBar left={<span>{project ? connectionName(project) : null}</span>} right={<ShortcutsHint />} />
    </div>
  );
}

export function ProjectGate() {
  const { project: id } = useParams({ from: "/p/$project" });
  return <Gate id={id} />;
}

/** The link of a fresh server. Its token stays behind the hash and is never sent but in the form. */
export function SetUpGate() {
  const { token } = useSearch({ from: "/setup" });
  return <Gate id={HERE} setup={token} />;
}

/** The link of a mail that sets a new password; its token stays behind the hash likewise. */
export function ResetGate() {
  const { token } = useSearch({ from: "/reset" });
  return <Gate id={HERE} reset={token} />;
}

/** The link of a mail that invites. */
export function InviteGate() {
  const { token } = useSearch({ from: "/invite" });
  return <Gate id={HERE} invite={token} />;
}

/** What a provider leads back to; the token that it brings stays behind the hash. */
export function ProviderGate() {
  const told = useSearch({ from: "/provider" });
  return <Gate id={HERE} provider={told} />;
}

/** What the token of a link is for. */
interface Brought {
  readonly provider?: ToldByProvider;
  readonly setup?: string;
  readonly reset?: string;
  readonly invite?: string;
}

function Gate({ id, ...brought }: Brought & { id: string }) {
  const projects = useProjects();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const found = projects.data?.find((entry) => entry.id === id);
  // A server that stops answering under an open page takes nothing from the screen: what is on it
  // stays, and every region says for itself what it could not read.
  const [last, setLast] = useState<Project | null>(null);
  useEffect(() => {
    if (found?.state === "running") setLast(found);
  }, [found]);
  const project = found?.state === "failed" && host().kind === "browser" && last?.id === id ? last : found;
  const [fault, setFault] = useState<Error | null>(null);
  const home = <Button onClick={() => void navigate({ to: "/home" })}>{m("gate.home")}</Button>;
  const [asking, setAsking] = useState<Asking>(null);
  const start = (project: Project, password?: string) => {
    setFault(null);
    host()
      .projects.start(project.id, password)
      .then(
        () => queries.invalidateQueries({ queryKey: ["projects"] }),
        (refused: Error) => {
          const question = questionOf(refused, project);
          if (question) setAsking(question);
          else setFault(refused);
        },
      );
  };
  const dialogs = asking ? (
    <Suspense fallback={null}>
      <HomeDialogs asking={asking} onClose={() => setAsking(null)} onStart={start} />
    </Suspense>
  ) : null;

  if (!project) {
    if (projects.isPending) {
      return (
        <Frame project={null}>
          <Loading what={m("gate.opening", { name: id })} className="m-5 max-w-140" />
        </Frame>
      );
    }
    return (
      <Frame project={null}>
        <Empty title={m("gate.unknown")} actions={home}>
          {m("gate.unknown.body")}
        </Empty>
      </Frame>
    );
  }
  if (project.state === "stopped" && project.kind === "local") {
    return (
      <Frame project={project}>
        {fault ? (
          <ErrorBand className="m-5 mb-0" title={m("gate.failed", { name: project.name })}>
            {fault.message}
          </ErrorBand>
        ) : null}
        <Empty
          title={m("gate.stopped", { name: project.name })}
          actions={
            <>
              <Button kind="filled" onClick={() => start(project)}>
                {m("gate.start", { name: project.name })}
              </Button>
              {home}
            </>
          }
        >
          {m("gate.stopped.body")}
        </Empty>
        {dialogs}
      </Frame>
    );
  }
  if (project.state === "starting") {
    return (
      <Frame project={project}>
        <Empty title={m("gate.opening", { name: project.name })}>{project.step ?? m("gate.starting")}</Empty>
      </Frame>
    );
  }
  if (project.state === "failed") {
    return (
      <Frame project={project}>
        <ErrorBand
          className="m-5"
          title={m("gate.failed", { name: project.name })}
          action={
            <Button size="small" onClick={host().kind === "desktop" ? () => start(project) : () => void projects.refetch()}>
              {m("gate.retry")}
            </Button>
          }
        >
          {project.error}
        </ErrorBand>
        {dialogs}
      </Frame>
    );
  }
  return <Connected key={project.id} project={project} {...brought} />;
}

function Connected({ project, setup, reset, invite, provider }: Brought & { project: Project }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const connection = useQuery({
    queryKey: ["connection", project.id, project.url],
    queryFn: () => connectionOf(project),
    staleTime: Infinity,
    gcTime: Infinity,
  });
  const open = connection.data;
  const connected = open !== undefined;
  useEffect(() => {
    // That it was not noted costs its place in a list, and nothing else.
    if (connected) host().projects.opened(project.id).catch(() => undefined);
  }, [connected, project.id]);
  const me = useQuery({
    queryKey: ["me", project.id, open?.token ?? "cookie"],
    queryFn: () => (open ? whoAmI(open) : null),
    enabled: open !== undefined,
    staleTime: 60_000,
  });
  // A browser goes to a provider and comes back; the window of the desktop does not.
  const asksWho = open !== undefined && open.token === undefined && me.data === null;
  const providers = useQuery({
    queryKey: ["providers", project.id],
    queryFn: async ({ signal }): Promise<Provider[]> => {
      if (!open) return [];
      const redirectUrl = studioPage(project, open.url, "#/provider");
      const all = await open.client.auth.providers({ signal });
      return all.map(({ id, name }) => ({ id, name, address: () => open.client.auth.getOAuthUrl({ provider: id, redirectUrl, state: begin() }) }));
    },
    enabled: asksWho,
    retry: false,
    staleTime: 60_000,
  });
  useEffect(() => {
    document.title = `${project.name} · ${connectionName(project)} · Plinth`;
  }, [project]);

  const persona = usePersona((state) => (state.persona?.project === project.id ? state.persona : null));
  const [asking, setAsking] = useState<Asking>(null);
  const error = connection.error ?? me.error;
  if (error && me.data === undefined) {
    // What is kept to sign in may lie under the master password.
    const locked = connection.error ? questionOf(connection.error, project) : null;
    return (
      <Frame project={project}>
        <ErrorBand
          className="m-5"
          title={m("gate.failed", { name: project.name })}
          action={
            <>
              {locked ? (
                <Button size="small" onClick={() => setAsking(locked)}>
                  {m("gate.unlock")}
                </Button>
              ) : null}
              <Button size="small" onClick={() => void (connection.error ? connection.refetch() : me.refetch())}>
                {m("gate.retry")}
              </Button>
              <Button size="small" onClick={() => void navigate({ to: "/home" })}>
                {m("gate.home")}
              </Button>
            </>
          }
        >
          {error.message}
        </ErrorBand>
        {asking ? (
          <Suspense fallback={null}>
            <HomeDialogs asking={asking} onClose={() => setAsking(null)} onStart={() => void connection.refetch()} />
          </Suspense>
        ) : null}
      </Frame>
    );
  }
  /** What was read is what one person may see; the next one asks for everything anew. */
  const forget = () => queries.removeQueries({ predicate: ({ queryKey: [kind] }) => kind !== "projects" && kind !== "connection" && kind !== "me" });
  const signedIn = () => {
    rememberSignIn(true);
    // The one before may have gone without signing out.
    forget();
    void queries.invalidateQueries({ queryKey: ["projects"] });
    void me.refetch();
  };
  if (!open || me.data === undefined) {
    return (
      <Frame project={project}>
        <Loading what={m("gate.opening", { name: project.name })} className="m-5 max-w-140" />
      </Frame>
    );
  }
  const url = project.kind === "remote" && open.token !== undefined ? project.place : open.url;
  if (reset !== undefined) {
    const leave = () => {
      void me.refetch();
      void navigate({ to: "/p/$project/data", params: { project: project.id }, replace: true });
    };
    return (
      <Frame project={project}>
        <ResetPage client={open.client} url={url} token={reset} onLeave={leave} />
      </Frame>
    );
  }
  if (invite !== undefined) {
    const leave = () => {
      signedIn();
      void navigate({ to: "/p/$project/data", params: { project: project.id }, replace: true });
    };
    const out = async () => {
      await open.client.auth.logout();
      signedIn();
    };
    const person = me.data?.email ?? null;
    return (
      <Frame project={project}>
        <InvitePage key={person} client={open.client} url={url} token={invite} person={person} signIn={<SignInPage client={open.client} url={url} gateway={false} inside resetPage={studioPage(project, open.url, "#/reset")} onDone={signedIn} />} onLeave={leave} onSignOut={() => void out()} />
      </Frame>
    );
  }
  if (provider !== undefined && !(me.data !== null && provider.token === undefined)) {
    const leave = () => {
      signedIn();
      void navigate({ to: "/p/$project/data", params: { project: project.id }, replace: true });
    };
    return (
      <Frame project={project}>
        <ProviderPage
          client={open.client}
          told={provider}
          onDone={leave}
          signIn={(came) => (
            <SignInPage client={open.client} url={url} gateway={false} providers={providers.data} came={came} resetPage={studioPage(project, open.url, "#/reset")} onDone={leave} />
          )}
        />
      </Frame>
    );
  }
  if (me.data === null) {
    const resetPage = studioPage(project, open.url, "#/reset");
    return (
      <Frame project={project}>
        <SignInPage client={open.client} url={url} gateway={open.token !== undefined} setup={setup} providers={providers.data} resetPage={resetPage} onDone={signedIn} />
      </Frame>
    );
  }
  if (setup !== undefined || provider !== undefined) return <Navigate to="/p/$project/data" params={{ project: project.id }} replace />;
  const signOut = async () => {
    if (open.token === undefined) await open.client.auth.logout();
    // The desktop forgets the sign-in whatever the remote answers.
    else await open.client.http.post("/auth/logout", {}).catch(() => undefined);
    rememberSignIn(false);
    usePersona.setState({ persona: null });
    queries.setQueryData(["me", project.id, open.token ?? "cookie"], null);
    forget();
  };
  const shell = <Shell onSignOut={open.token === undefined || project.kind === "remote" ? () => void signOut() : null} />;
  if (persona !== null) {
    return (
      <SeenAs key={persona.opened.token} persona={persona} connection={open} project={project} viewer={me.data}>
        {shell}
      </SeenAs>
    );
  }
  return (
    // Another person is another screen: nothing that one typed stands under the eyes of the next.
    <SessionContext key={me.data.id} value={{ ...open, project, user: me.data, pending: workOf(project.id, me.data.id) }}>
      {shell}
    </SessionContext>
  );
}
