/** Drawn here: 20 px grid, lines of 1.75. */
import type { ComponentChildren } from "preact";

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const CloseIcon = () => (
  <Icon>
    <path d="M5 5l10 10M15 5L5 15" />
  </Icon>
);

export const MoreIcon = () => (
  <Icon>
    <path d="M10 4.5v.01M10 10v.01M10 15.5v.01" stroke-width="2.75" />
  </Icon>
);

export const SendIcon = () => (
  <Icon>
    <path d="M3.5 10.2L16.5 4l-4 12.6-3-5.2zM9.5 11.4L16.5 4" />
  </Icon>
);

export const AttachIcon = () => (
  <Icon>
    <path d="M16 9.4l-5.7 5.7a3.7 3.7 0 01-5.2-5.2l6-6a2.5 2.5 0 013.5 3.5l-6 6a1.2 1.2 0 01-1.7-1.7l5.4-5.5" />
  </Icon>
);

export const FileIcon = () => (
  <Icon>
    <path d="M11.5 2.8H6A1.5 1.5 0 004.5 4.3v11.4A1.5 1.5 0 006 17.2h8a1.5 1.5 0 001.5-1.5V6.8zM11.5 2.8v4h4" />
  </Icon>
);

export const DownIcon = () => (
  <Icon>
    <path d="M10 4v11M5.5 10.5L10 15l4.5-4.5" />
  </Icon>
);
