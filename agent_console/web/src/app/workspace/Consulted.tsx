/** Who is asked about this conversation, and how that ends. */
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import css from "@/app/workspace/ThreadHead.module.css";
import { endConsult } from "@/data/handling";
import { useAgentName, useMe } from "@/data/session";
import type { ConversationState } from "@/lib/api/types";
import { mayHandOn } from "@/lib/permissions";
import { IconButton } from "@/ui/Button";
import { Icon } from "@/ui/Icon";

interface Props {
  row: ConversationState;
  onError: (error: unknown) => void;
}

export function Consulted({ row, onError }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const agentName = useAgentName();
  if (row.consulted.length === 0 || row.status === "closed") return null;
  const end = (agentId: string) => {
    onError(null);
    endConsult(client, row.id, agentId).catch(onError);
  };
  return (
    <p className={css.consulted}>
      <Icon name="person" size={14} />
      <span>{t("consult.asked")}</span>
      {row.consulted.map((agentId) => {
        const name = agentId === me.agent.id ? t("consult.you") : (agentName(agentId) ?? t("history.somebody"));
        return (
          <span key={agentId} className={css.asked}>
            {name}
            {(agentId === me.agent.id || mayHandOn(me.agent, row)) && (
              <IconButton icon="close" size="s" label={t("consult.end", { name })} onClick={() => end(agentId)} />
            )}
          </span>
        );
      })}
    </p>
  );
}
