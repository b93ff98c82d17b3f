/** Listens to a recording or a voice note: play, where it is, how long, and faster. Nothing is fetched before play. */
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { stopwatch } from "@/lib/format/time";
import { IconButton } from "@/ui/Button";
import css from "@/ui/Player.module.css";

const SPEEDS = [1, 1.5, 2] as const;

export function Player({ src, label, durationS }: { src: string; label: string; durationS: number | null }) {
  const { t } = useTranslation();
  const audio = useRef<HTMLAudioElement>(null);
  const [isPlaying, setPlaying] = useState(false);
  const [isBroken, setBroken] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(durationS ?? 0);
  const [speed, setSpeed] = useState<number>(1);

  const toggle = () => {
    const element = audio.current;
    if (!element) return;
    if (isPlaying) element.pause();
    else element.play().catch(() => setBroken(true));
  };
  const faster = () => {
    const next = SPEEDS[(SPEEDS.indexOf(speed as (typeof SPEEDS)[number]) + 1) % SPEEDS.length] ?? 1;
    setSpeed(next);
    if (audio.current) audio.current.playbackRate = next;
  };
  const seek = (seconds: number) => {
    setAt(seconds);
    if (audio.current) audio.current.currentTime = seconds;
  };

  if (isBroken) return <span className={css.broken}>{t("player.broken")}</span>;
  return (
    <div className={css.player} role="group" aria-label={label}>
      <IconButton
        icon={isPlaying ? "pause" : "play"}
        label={t(isPlaying ? "player.pause" : "player.play")}
        onClick={toggle}
      />
      <input
        type="range"
        className={css.track}
        min={0}
        max={Math.max(1, length)}
        step={1}
        value={Math.min(at, Math.max(1, length))}
        aria-label={t("player.position")}
        aria-valuetext={stopwatch(at)}
        onChange={(change) => seek(Number(change.currentTarget.value))}
      />
      <span className={css.time}>{at > 0 ? `${stopwatch(at)} / ${stopwatch(length)}` : stopwatch(length)}</span>
      <button type="button" className={css.speed} onClick={faster} aria-label={t("player.speed", { speed })}>
        {`${speed}×`}
      </button>
      {/* biome-ignore lint/a11y/useMediaCaption: telephone recordings have no captions */}
      <audio
        ref={audio}
        src={src}
        preload="none"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => seek(0)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onLoadedMetadata={(event) => {
          if (Number.isFinite(event.currentTarget.duration)) setLength(event.currentTarget.duration);
          event.currentTarget.playbackRate = speed;
        }}
        onError={() => setBroken(true)}
      />
    </div>
  );
}
