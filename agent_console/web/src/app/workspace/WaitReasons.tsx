/** Why a conversation still waits, looked at when somebody asks and as long as they look. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { keys } from "@/data/keys";
import { api } from "@/lib/api/client";
import { useWords } from "@/lib/i18n/words";
import { Fault } from "@/ui/Fault";
import { AskWhy } from "@/ui/Why";
import css from "@/ui/Why.module.css";

const AGAIN_MS = 5_000; // seconds that are left and agents who are full change by themselves

export function WaitReasons({ conversationId }: { conversationId: string }) {
  return (
    <AskWhy>
      <Reasons conversationId={conversationId} />
    </AskWhy>
  );
}

function Reasons({ conversationId }: { conversationId: string }) {
  const { t } = useTranslation();
  const words = useWords();
  const { data, error } = useQuery({
    queryKey: keys.routing(conversationId),
    queryFn: () =>
      api.GET("/api/v1/conversations/{conversation_id}/routing", {
        params: { path: { conversation_id: conversationId } },
      }),
    refetchInterval: AGAIN_MS,
    gcTime: 0,
  });
  if (error !== null) return <Fault error={error} />;
  if (data === undefined) return <p className={css.reason}>{t("why.looking")}</p>;
  const rule = data.place?.rule_name ?? null;
  return (
    <ul aria-live="polite">
      {data.waits.map((why) => (
        <li key={why.code} className={css.reason}>
          {words.reason(why)}
        </li>
      ))}
      {rule !== null && <li className={css.reason}>{t("why.rule", { rule })}</li>}
    </ul>
  );
}
