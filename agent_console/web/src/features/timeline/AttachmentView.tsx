/** What came with a message, by kind. A picture keeps its place before it is there. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import css from "@/features/timeline/AttachmentView.module.css";
import { attachmentAddress, mapAddress } from "@/features/timeline/addresses";
import type { Attachment } from "@/lib/api/types";
import { bytes } from "@/lib/format/text";
import { now } from "@/lib/now";
import { Icon } from "@/ui/Icon";
import { Player } from "@/ui/Player";

const THUMB_MAX_PX = 260;
const THUMB_SQUARE_PX = 200; // when the provider does not say how large it is

const FETCHED_WITHIN_MS = 10 * 60 * 1000; // after that our copy will not come any more

const WITH_A_FILE: ReadonlySet<Attachment["kind"]> = new Set(["image", "sticker", "audio", "video", "file"]);

interface Props {
  touchpointId: string;
  index: number;
  attachment: Attachment;
  at: string; // when the touchpoint came
}

export function AttachmentView({ touchpointId, index, attachment, at }: Props) {
  const { t } = useTranslation();
  const address = attachmentAddress(touchpointId, index);
  if (attachment.blob === null && WITH_A_FILE.has(attachment.kind)) return <NoCopy attachment={attachment} at={at} />;
  switch (attachment.kind) {
    case "image":
    case "sticker":
      return <Picture address={address} attachment={attachment} />;
    case "audio":
      return <Player src={address} label={t("attachment.audio")} durationS={attachment.duration_s} />;
    case "video":
      return (
        // biome-ignore lint/a11y/useMediaCaption: a customer's own video has no captions
        <video className={css.video} src={address} controls preload="none" aria-label={t("attachment.video")} />
      );
    case "location":
      return <PlaceOnMap attachment={attachment} />;
    case "contact":
      return <Card icon="person" title={attachment.title ?? attachment.name ?? t("attachment.contact")} />;
    case "link":
      return <LinkCard attachment={attachment} />;
    case "file":
      return <FileCard address={address} attachment={attachment} />;
  }
}

/** The hub fetches its own copy from the provider; the entry changes once it is there. */
function NoCopy({ attachment, at }: { attachment: Attachment; at: string }) {
  const { t } = useTranslation();
  const isComing = now() - Date.parse(at) < FETCHED_WITHIN_MS;
  const title = attachment.name ?? t(`attachment.${attachment.kind}`);
  const icon = attachment.kind === "image" || attachment.kind === "sticker" ? "image" : "file";
  return <Card icon={icon} title={title} note={t(isComing ? "attachment.fetching" : "attachment.gone")} />;
}

function Picture({ address, attachment }: { address: string; attachment: Attachment }) {
  const { t } = useTranslation();
  const [isBroken, setBroken] = useState(false);
  const alt = attachment.title ?? attachment.name ?? t(`attachment.${attachment.kind}`);
  if (isBroken) return <Card icon="image" title={alt} note={t("attachment.gone")} />;
  const { width, height } = thumbSize(attachment);
  const picture = (
    <img
      className={css.image}
      data-sticker={attachment.kind === "sticker" || undefined}
      src={address}
      alt={alt}
      width={width}
      height={height}
      loading="lazy"
      decoding="async"
      onError={() => setBroken(true)}
    />
  );
  if (attachment.kind === "sticker") return picture;
  return (
    <a
      href={address}
      target="_blank"
      rel="noopener"
      className={css.frame}
      aria-label={t("attachment.open", { name: alt })}
    >
      {picture}
    </a>
  );
}

export function thumbSize(attachment: Pick<Attachment, "kind" | "width_px" | "height_px">): {
  width: number;
  height: number;
} {
  if (attachment.kind === "sticker") return { width: 120, height: 120 };
  const { width_px: width, height_px: height } = attachment;
  if (!width || !height) return { width: THUMB_SQUARE_PX, height: THUMB_SQUARE_PX };
  const scale = Math.min(1, THUMB_MAX_PX / Math.max(width, height));
  return { width: Math.max(48, Math.round(width * scale)), height: Math.max(48, Math.round(height * scale)) };
}

function FileCard({ address, attachment }: { address: string; attachment: Attachment }) {
  const { t, i18n } = useTranslation();
  const size = attachment.size_bytes === null ? undefined : bytes(attachment.size_bytes, i18n.language);
  return (
    <a href={address} target="_blank" rel="noopener" className={css.cardLink}>
      <Card icon="file" title={attachment.name ?? t("attachment.file")} {...(size && { note: size })} />
    </a>
  );
}

function PlaceOnMap({ attachment }: { attachment: Attachment }) {
  const { t } = useTranslation();
  const address = mapAddress(attachment);
  const card = (
    <Card
      icon="pin"
      title={attachment.title ?? t("attachment.location")}
      {...(address && { note: t("attachment.map") })}
    />
  );
  if (address === null) return card;
  return (
    <a href={address} target="_blank" rel="noopener noreferrer" className={css.cardLink}>
      {card}
    </a>
  );
}

/** A link the customer shared. Its address is shown in full: an agent must see where it leads. */
function LinkCard({ attachment }: { attachment: Attachment }) {
  const { t } = useTranslation();
  const url = attachment.url !== null && /^https?:\/\//i.test(attachment.url) ? attachment.url : null;
  const card = <Card icon="link" title={attachment.title ?? t("attachment.link")} {...(url && { note: url })} />;
  if (url === null) return card;
  return (
    <a href={url} target="_blank" rel="noopener noreferrer nofollow" className={css.cardLink}>
      {card}
    </a>
  );
}

function Card({
  icon,
  title,
  note,
}: {
  icon: "file" | "pin" | "person" | "link" | "image";
  title: string;
  note?: string;
}) {
  return (
    <span className={css.card}>
      <Icon name={icon} size={20} />
      <span className={css.words}>
        <span className={css.title}>{title}</span>
        {note && <span className={css.note}>{note}</span>}
      </span>
    </span>
  );
}
