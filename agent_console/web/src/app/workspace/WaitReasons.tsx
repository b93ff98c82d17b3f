/** Why a conversation still waits, looked at when somebody asks and as long as they look. */
import { Popover } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "@/data/keys";
import { api } from "@/lib/api/client";
import { useWords } from "@/lib/i18n/words";
import { Fault } from "@/ui/Fault";
import css from "@/ui/Why.module.css";

const AGAIN_MS = 5_000; // seconds that are left and agents who are full change by themselves

export function WaitReasons({ conversationId }: { conversationId: string }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover width={320} position="bottom-start" withinPortal trapFocus={false} opened={isOpen} onChange={setOpen}>
      <Popover.Target>
        <button type="button" className={css.ask} onClick={() => setOpen(!isOpen)}>
          {t("why.ask")}
        </button>
      </Popover.Target>
      <Popover.Dropdown>{isOpen && <Reasons conversationId={conversationId} />}</Popover.Dropdown>
    </Popover>
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
