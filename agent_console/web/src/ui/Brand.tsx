/** One thread through two ends. */
export function Brand({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path d="M8 11c4 0 4 10 8 10s4-10 8-10" fill="none" stroke="#fff" strokeWidth="3" strokeLinecap="round" />
      <circle cx="8" cy="21" r="2" fill="#fff" />
      <circle cx="24" cy="21" r="2" fill="#fff" opacity="0.55" />
    </svg>
  );
}
