/** Who changed a plan, by name. */
import { useTranslation } from "react-i18next";
import { useTeam } from "@/features/admin/plans/api";

export function useAgentName(): (agentId: string | null) => string {
  const { t } = useTranslation();
  const team = useTeam();
  return (agentId) =>
    agentId === null
      ? t("history.theHub")
      : (team.data?.find((one) => one.id === agentId)?.display_name ?? t("plan.somebody"));
}
