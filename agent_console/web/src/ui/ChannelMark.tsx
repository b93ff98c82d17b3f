/** A channel as a letter or sign of our own in a shape of its own: told apart without colour. Not anybody's logo. */
import { useTranslation } from "react-i18next";
import type { Channel } from "@/lib/api/types";
import css from "@/ui/ChannelMark.module.css";

const signs: Record<Channel, React.ReactElement> = {
  hotline: (
    <path
      d="M6.6 5.2 5.2 5.400c-.6 3.7 3.3 7.6 7 7l.2-1.4-2-.9-.9.900a6.6 6.6 0 0 1-2.9-2.900l.9-.9-.9-2Z"
      fill="currentColor"
    />
  ),
  facebook: <path d="M6.7 13V5h5M6.7 8.800h4" />,
  zalo: <path d="M6 5.300h6l-6 7.400h6" />,
  webchat: <path d="M5.5 8.700h.1m3.3 0h.1m3.3 0h.1" strokeWidth="2.2" />,
  email: <path d="m4.5 6.5 4.5 3.7 4.5-3.7" />,
  record: <path d="M6.3 6h5.4M6.3 9h5.4M6.3 12h3" />,
};

const shapes: Record<Channel, React.ReactElement> = {
  hotline: <circle cx="9" cy="9" r="9" />,
  facebook: <rect width="18" height="18" rx="5" />,
  zalo: <path d="M9 0c6 0 9 3 9 9s-3 9-9 9-9-3-9-9 3-9 9-9Z" />,
  webchat: (
    <path d="M4.5 1h9A4.5 4.5 0 0 1 18 5.500v5a4.5 4.5 0 0 1-4.5 4.500H8l-4.5 3V14.700A4.5 4.5 0 0 1 0 10.500v-5A4.5 4.5 0 0 1 4.5 1Z" />
  ),
  email: <rect y="2" width="18" height="14" rx="3" />,
  record: <rect x="2" width="14" height="18" rx="2.5" />,
};

export function ChannelMark({
  channel,
  size = 16,
  titled = true,
}: {
  channel: Channel;
  size?: number;
  titled?: boolean;
}) {
  const { t } = useTranslation();
  const name = t(`channel.${channel}`);
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: it has its title, or stands beside words that say the same
    <svg
      className={css.mark}
      data-channel={channel}
      width={size}
      height={size}
      viewBox="-0.5 -0.5 19 19"
      {...(titled ? { role: "img", "aria-label": name } : { "aria-hidden": true })}
    >
      {titled && <title>{name}</title>}
      <g className={css.shape}>{shapes[channel]}</g>
      <g className={css.sign}>{signs[channel]}</g>
    </svg>
  );
}
