import { createBrowserRouter, type RouteObject } from "react-router";
import { AccountPage } from "./AccountPage";
import { AppShell } from "./AppShell";
import { AuditPage } from "./AuditPage";
import { CrashPage } from "./CrashPage";
import { Door } from "./Door";
import { ExperimentPage } from "./ExperimentPage";
import { ExperimentsPage } from "./ExperimentsPage";
import { ForkPage } from "./ForkPage";
import { LivePage } from "./LivePage";
import { NewExperimentPage } from "./NewExperimentPage";
import { NotFoundPage } from "./NotFoundPage";
import { PeoplePage } from "./PeoplePage";
import { ProjectPage } from "./ProjectPage";
import { ProjectsPage } from "./ProjectsPage";
import { ReportPage } from "./ReportPage";
import { SystemPage } from "./SystemPage";

export const routes: RouteObject[] = [
  { path: "/sign-in", element: <Door />, ErrorBoundary: CrashPage },
  {
    Component: AppShell,
    ErrorBoundary: CrashPage,
    children: [
      { index: true, Component: ExperimentsPage },
      { path: "new", Component: NewExperimentPage },
      {
        path: "experiments/:id",
        Component: ExperimentPage,
        children: [
          { index: true, Component: LivePage },
          { path: "report", Component: ReportPage },
        ],
      },
      { path: "experiments/:id/fork", Component: ForkPage },
      { path: "account", Component: AccountPage },
      { path: "people", Component: PeoplePage },
      { path: "projects", Component: ProjectsPage },
      { path: "projects/:id", Component: ProjectPage },
      { path: "audit", Component: AuditPage },
      { path: "system", Component: SystemPage },
      { path: "*", Component: NotFoundPage },
    ],
  },
];

export function createAppRouter() {
  return createBrowserRouter(routes);
}
