/** One queue, or all that I see. */
import { Menu } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useQueues } from "@/data/session";
import css from "@/features/conversations/QueueFilter.module.css";
import { Icon } from "@/ui/Icon";

export function QueueFilter({ queueId, onChange }: { queueId: string | null; onChange: (id: string | null) => void }) {
  const { t } = useTranslation();
  const queues = useQueues();
  if (queues.length < 2) return null;
  const chosen = queues.find((queue) => queue.id === queueId);
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <button type="button" className={css.filter} data-on={chosen !== undefined || undefined}>
          <span className={css.name}>{chosen?.name ?? t("list.queues")}</span>
          <Icon name="down" size={12} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => onChange(null)} rightSection={queueId === null ? <Icon name="check" /> : null}>
          {t("list.allQueues")}
        </Menu.Item>
        {queues.map((queue) => (
          <Menu.Item
            key={queue.id}
            onClick={() => onChange(queue.id)}
            rightSection={
              queue.id === queueId ? <Icon name="check" /> : <span className={css.waiting}>{queue.waiting || ""}</span>
            }
          >
            {queue.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
