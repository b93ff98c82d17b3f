/** Our own line icons: 16 px, stroke 1.5. Decoration only: the button or text beside it carries the name. */
import type { ReactElement } from "react";

const drawings = {
  inbox: <path d="M2.5 9.5 4 3.5h8l1.5 6m-11 0v3h11v-3m-11 0h3.2a2.3 2.3 0 0 0 4.6 0h3.2" />,
  sliders: <path d="M2.5 4.5h6m3.5 0h1.5M2.5 11.5H4m3.5 0h6M10.2 2.8v3.4M5.8 9.8v3.4" />,
  help: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="M6.3 6.4a1.7 1.7 0 1 1 2.5 1.5c-.6.3-.8.7-.8 1.3M8 11.3v.1" />
    </>
  ),
  search: (
    <>
      <circle cx="7" cy="7" r="4.3" />
      <path d="m10.3 10.3 3.2 3.2" />
    </>
  ),
  funnel: <path d="M2.5 3.5h11L9.5 8.6v3.9l-3-1.5V8.6L2.5 3.5Z" />,
  check: <path d="m3 8.5 3.2 3.2L13 4.8" />,
  checks: <path d="m1.5 8.7 2.8 2.8 6-6.2M7.4 11l.6.5 6-6.2" />,
  close: <path d="m4 4 8 8m0-8-8 8" />,
  undo: <path d="M5.5 3 2.8 5.8l2.7 2.7M3 5.8h6.2a3.6 3.6 0 0 1 0 7.2H6" />,
  clock: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="M8 4.8V8l2.2 1.5" />
    </>
  ),
  alert: <path d="M8 2.5 1.9 13h12.2L8 2.5Zm0 4v3.2m0 1.8v.1" />,
  question: <path d="M5.6 6a2.4 2.4 0 1 1 3.6 2.1c-.8.5-1.2.9-1.2 1.8M8 12.3v.1" />,
  clip: <path d="m13 7.3-5.2 5.2a3 3 0 0 1-4.3-4.3L9 2.8a2 2 0 0 1 2.9 2.8l-5.4 5.4a1 1 0 0 1-1.5-1.4l4.9-4.9" />,
  send: <path d="M2.5 8 13.5 3l-3 10.5L7.8 9.2 2.5 8Zm5.3 1.2L13.5 3" />,
  image: (
    <>
      <rect x="2" y="3" width="12" height="10" rx="1.5" />
      <circle cx="5.6" cy="6.4" r="1.1" />
      <path d="m2.5 11.5 3.3-2.8 2.2 1.8 2.8-2.9 2.8 2.8" />
    </>
  ),
  file: <path d="M9 2H4.5a1 1 0 0 0-1 1v10a1 1 0 0 0 1 1h7a1 1 0 0 0 1-1V5.5L9 2Zm0 0v3.5h3.5" />,
  play: <path d="M5 3.4v9.2l7.4-4.6L5 3.4Z" fill="currentColor" stroke="none" />,
  pause: <path d="M5.5 3.8v8.4M10.5 3.8v8.4" strokeWidth="2.2" />,
  down: <path d="m4 6.3 4 4 4-4" />,
  left: <path d="m9.8 3.8-4.2 4.2 4.2 4.2" />,
  right: <path d="m6.2 3.8 4.2 4.2-4.2 4.2" />,
  arrowRight: <path d="M3 8h9.5M8.8 4l4 4-4 4" />,
  arrowDown: <path d="M8 3v9.5M4 8.8l4 4 4-4" />,
  panel: (
    <>
      <rect x="2" y="3" width="12" height="10" rx="1.5" />
      <path d="M10 3v10" />
    </>
  ),
  person: (
    <>
      <circle cx="8" cy="5.4" r="2.6" />
      <path d="M3 13.4c.5-2.6 2.5-4 5-4s4.5 1.4 5 4" />
    </>
  ),
  merge: <path d="M4 2.5v2.300c0 2 4 2.7 4 5.200v3.500M12 2.500v2.300c0 2-4 2.7-4 5.200m-2.2 1.300L8 13.500l2.2-2.2" />,
  split: (
    <path d="M8 13.5v-3.500c0-2.5-4-3.2-4-5.200V2.800m0 0L2.3 4.500M4 2.800l1.7 1.700M8 10c0-2.5 4-3.2 4-5.200V2.800m0 0-1.7 1.700M12 2.800l1.7 1.7" />
  ),
  link: (
    <path d="M6.7 9.300a2.6 2.6 0 0 0 3.8 0l2.3-2.300a2.7 2.7 0 0 0-3.8-3.800l-.8.8m1.1 2.700a2.6 2.6 0 0 0-3.8 0L3.2 9a2.7 2.7 0 0 0 3.8 3.800l.8-.8" />
  ),
  pin: (
    <>
      <path d="M8 14s4.5-4 4.5-7.500a4.5 4.5 0 0 0-9 0C3.5 10 8 14 8 14Z" />
      <circle cx="8" cy="6.5" r="1.6" />
    </>
  ),
  moon: <path d="M13.3 9.600A5.6 5.6 0 0 1 6.4 2.700a5.6 5.6 0 1 0 6.9 6.900Z" />,
  globe: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="M2.3 8h11.400M8 2.200c2 2 2.5 3.8 2.5 5.800S10 11.8 8 13.800C6 11.8 5.5 10 5.5 8S6 4.2 8 2.200Z" />
    </>
  ),
  leave: <path d="M9.5 3H4a1 1 0 0 0-1 1v8a1 1 0 0 0 1 1h5.500M7 8h6.500m-2.5-2.800L13.8 8 11 10.8" />,
  plus: <path d="M8 3v10M3 8h10" />,
  copy: (
    <>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
      <path d="M10.5 5.500v-2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h2" />
    </>
  ),
  pencil: <path d="m3 13 .6-2.8 7.3-7.300a1.4 1.4 0 0 1 2 0l.2.2a1.4 1.4 0 0 1 0 2l-7.3 7.300L3 13Z" />,
  callIn: (
    <path d="M13.5 2.5 9.5 6.500m0-3.200v3.200h3.200M5.4 2.8 3.5 3c-.8 5 4.5 10.3 9.5 9.500l.2-1.9-2.8-1.2-1.2 1.200a9 9 0 0 1-3.8-3.800l1.2-1.2-1.2-2.800Z" />
  ),
  callOut: (
    <path d="m9.5 6.5 4-4m-3.2 0h3.200v3.200M5.4 2.8 3.5 3c-.8 5 4.5 10.3 9.5 9.500l.2-1.9-2.8-1.2-1.2 1.200a9 9 0 0 1-3.8-3.800l1.2-1.2-1.2-2.800Z" />
  ),
  callMissed: (
    <path d="m9.8 2.8 3.7 3.700m0-3.700L9.8 6.500M5.4 2.8 3.5 3c-.8 5 4.5 10.3 9.5 9.500l.2-1.9-2.8-1.2-1.2 1.200a9 9 0 0 1-3.8-3.800l1.2-1.2-1.2-2.800Z" />
  ),
  release: <path d="M6.5 3.5 3 7l3.5 3.500M3.3 7H10a3 3 0 0 1 3 3v2.5" />,
  grip: <path d="M6 3.500v.1m4-.1v.1M6 8v.1M10 8v.1M6 12.500v.1m4-.1v.1" strokeWidth="2" />,
  transfer: (
    <path d="M2.500 5.500h9.500M9.200 2.700 12 5.500 9.200 8.300M13.500 10.500H4M6.800 7.700 4 10.500l2.800 2.800" />
  ),
  snooze: (
    <>
      <circle cx="8" cy="9" r="5" />
      <path d="M6.300 7.500h3.400L6.300 10.700h3.400M3.800 3 2 4.600M12.200 3 14 4.600" />
    </>
  ),
  lock: (
    <>
      <rect x="3.500" y="7" width="9" height="6.500" rx="1.500" />
      <path d="M5.500 7V5a2.500 2.500 0 0 1 5 0v2" />
    </>
  ),
  team: (
    <>
      <circle cx="6" cy="5.500" r="2.300" />
      <path d="M1.800 13c.4-2.300 2.100-3.500 4.200-3.500s3.800 1.200 4.200 3.500M10.300 3.400a2.300 2.300 0 0 1 0 4.200M12 9.900c1.200.5 2 1.600 2.300 3.100" />
    </>
  ),
  retry: <path d="M13 8a5 5 0 1 1-1.6-3.700M13 2.500v2.800h-2.8" />,
} satisfies Record<string, ReactElement>;

export type IconName = keyof typeof drawings;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {drawings[name]}
    </svg>
  );
}
