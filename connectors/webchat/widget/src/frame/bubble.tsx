import type { Shown } from "./app";
import { clock } from "./i18n";
import { FileIcon } from "./icons";
import { pieces } from "./links";
import type { File } from "./wire";

interface Content {
  text?: string;
  attachments: readonly File[];
  created_at: string;
  edited: boolean;
}

export function Bubble({ shown, message }: { shown: Shown; message: Content }) {
  const { state, say } = shown;
  return (
    <div class="bubble">
      {message.attachments.map((file, index) => (
        <Attached key={file.url ?? index} file={file} say={say} />
      ))}
      {message.text && (
        <p class="text">
          {pieces(message.text).map((piece) =>
            piece.href ? (
              <a href={piece.href} target="_blank" rel="noopener noreferrer nofollow ugc">
                {piece.text}
              </a>
            ) : (
              piece.text
            ),
          )}
        </p>
      )}
      <time dateTime={message.created_at}>
        {message.edited && `${say("edited")} · `}
        {clock(state.locale, message.created_at)}
      </time>
    </div>
  );
}

function Attached({ file, say }: { file: File; say: Shown["say"] }) {
  const name = file.name ?? say(file.kind === "image" ? "picture" : "file");
  if (file.url && file.kind === "image" && file.mime !== "image/heic") {
    return (
      <a class="picture" href={file.url} target="_blank" rel="noopener noreferrer">
        <img src={file.url} alt={name} loading="lazy" />
      </a>
    );
  }
  if (file.url && file.kind === "audio") {
    // biome-ignore lint/a11y/useMediaCaption: a voice message has no captions
    return <audio src={file.url} controls preload="none" aria-label={name} />;
  }
  const card = (
    <>
      <FileIcon />
      <span>{name}</span>
      {file.size_bytes !== undefined && <small>{size(file.size_bytes)}</small>}
    </>
  );
  return file.url ? (
    <a class="file" href={file.url} target="_blank" rel="noopener noreferrer" download={name}>
      {card}
    </a>
  ) : (
    <div class="file">{card}</div>
  );
}

function size(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
