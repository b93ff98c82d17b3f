/** Two customers side by side: what they share, what differs, and what decides. One click, or one key, settles it. */
import { useTranslation } from "react-i18next";
import { useComparison } from "@/features/suggestions/api";
import { useShownName } from "@/features/suggestions/Row";
import css from "@/features/suggestions/Suggestions.module.css";
import type { Compared, ComparedSide, SuggestionDetail, SuggestionRow } from "@/lib/api/types";
import { phone } from "@/lib/format/text";
import { date } from "@/lib/format/time";
import { useWords } from "@/lib/i18n/words";
import { useNow } from "@/lib/now";
import { KEYMAP } from "@/lib/shortcuts/keymap";
import { Button, IconButton } from "@/ui/Button";
import { ChannelMark } from "@/ui/ChannelMark";
import { Fault } from "@/ui/Fault";
import { Icon } from "@/ui/Icon";
import { Proof } from "@/ui/Proof";
import { Skeleton } from "@/ui/Skeleton";

interface Props {
  row: SuggestionRow;
  isBusy: boolean;
  error: unknown;
  onDecide: (outcome: "accept" | "reject") => void;
  onBack: () => void;
}

export function Comparison({ row, isBusy, error, onDecide, onBack }: Props) {
  const { t } = useTranslation();
  const words = useWords();
  const compared = useComparison(row.id);
  return (
    <article className={css.comparison}>
      <header className={css.question}>
        <span className={css.back}>
          <IconButton icon="left" label={t("suggestions.back")} onClick={onBack} />
        </span>
        <h2 className={css.ask}>{t("suggestions.question")}</h2>
        <div className={css.choices}>
          <Button kind="primary" shortcut={KEYMAP.accept.keys} disabled={isBusy} onClick={() => onDecide("accept")}>
            {t("suggestions.accept")}
          </Button>
          <Button shortcut={KEYMAP.decline.keys} disabled={isBusy} onClick={() => onDecide("reject")}>
            {t("suggestions.reject")}
          </Button>
        </div>
      </header>
      <p className={css.reason}>{words.reason(row.why)}</p>
      {error !== null && <Fault error={error} />}
      {compared.error !== null && <Fault error={compared.error} onRetry={() => void compared.refetch()} />}
      {compared.isPending && <Skeleton lines={8} />}
      {compared.data && <Sides detail={compared.data} />}
    </article>
  );
}

function Sides({ detail }: { detail: SuggestionDetail }) {
  const { t } = useTranslation();
  const shown = useShownName();
  return (
    <>
      <div className={css.sides}>
        <Side side={detail.a} />
        <Side side={detail.b} />
      </div>
      <table className={css.table}>
        <caption className="visually-hidden">{t("suggestions.evidence")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("suggestions.evidence")}</th>
            <th scope="col">{shown(detail.a)}</th>
            <th scope="col">{shown(detail.b)}</th>
          </tr>
        </thead>
        <tbody>
          {detail.compared.map((one) => (
            <Line key={`${one.kind}:${one.value}`} one={one} />
          ))}
          {detail.similarity !== null && (
            <tr>
              <th scope="row">{t("suggestions.names")}</th>
              <td colSpan={2}>{t("suggestions.similar", { percent: detail.similarity })}</td>
            </tr>
          )}
        </tbody>
      </table>
      {!(detail.a.seen && detail.b.seen) && <p className={css.hint}>{t("suggestions.masked")}</p>}
    </>
  );
}

function Side({ side }: { side: ComparedSide }) {
  const { t } = useTranslation();
  const words = useWords();
  const now = useNow();
  const shown = useShownName();
  return (
    <div className={css.side}>
      <h3 className={css.sideName}>{shown(side)}</h3>
      <p className={css.meta}>{t("suggestions.since", { at: date(side.known_since) })}</p>
      <ul className={css.identities}>
        {side.identities.map((identity) => (
          <li key={identity.id} className={css.identity}>
            <ChannelMark channel={identity.channel} size={18} />
            <span className={css.identityWords}>
              <span className={css.name}>{identity.display_name ?? t(`customer.strangerOn.${identity.channel}`)}</span>
              <span className={css.meta}>
                {[identity.account_name, identity.last_inbound_at && words.ago(identity.last_inbound_at, now)]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Line({ one }: { one: Compared }) {
  const { t } = useTranslation();
  const shown = one.kind === "phone" ? phone(one.value) : one.value;
  return (
    <tr data-decides={one.decides || undefined}>
      <th scope="row">
        <span className="figures">{one.kind === "signed_user" ? t("customer.signedIn") : shown}</span>
        {one.decides && (
          <span className={css.badge}>
            <Icon name="merge" size={12} />
            {t("suggestions.decides")}
          </span>
        )}
      </th>
      {(["a", "b"] as const).map((side) => (
        <td key={side}>
          {one[side] ? (
            <Proof evidence={one[side]} />
          ) : (
            <span className={css.nothing}>{t("suggestions.notGiven")}</span>
          )}
        </td>
      ))}
    </tr>
  );
}
