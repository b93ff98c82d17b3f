/** `?`: every key there is. Made from the same table that binds them. */
import { Modal } from "@mantine/core";
import { useTranslation } from "react-i18next";
import css from "@/app/shortcuts/Help.module.css";
import { type Action, GROUPS, KEYMAP } from "@/lib/shortcuts/keymap";
import { Key } from "@/ui/Key";

export default function Help({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("help.title")}
      size={640}
      centered
      lockScroll={false}
      overlayProps={{ backgroundOpacity: 0.32 }}
      classNames={{ title: css.title, content: css.content }}
      transitionProps={{ duration: 120 }}
      closeButtonProps={{ "aria-label": t("action.close") }}
    >
      <div className={css.groups} tabIndex={-1} data-autofocus>
        {GROUPS.map((group) => (
          <section key={group}>
            <h3 className={css.heading}>{t(`keyGroup.${group}`)}</h3>
            <dl>
              {(Object.keys(KEYMAP) as Action[])
                .filter((action) => KEYMAP[action].group === group)
                .map((action) => (
                  <div key={action} className={css.line}>
                    <dt>{t(`key.${action}`)}</dt>
                    <dd>
                      <Key name={KEYMAP[action].keys} />
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <p className={css.note}>{t("help.note")}</p>
    </Modal>
  );
}
