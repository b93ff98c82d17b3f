/** The files that go with the answer: seen before they leave, on their way up, or in trouble. */
import { useTranslation } from "react-i18next";
import { type DraftFile, removeFile, retryFile } from "@/features/composer/drafts";
import css from "@/features/composer/FileStrip.module.css";
import { bytes } from "@/lib/format/text";
import { useWords } from "@/lib/i18n/words";
import { IconButton } from "@/ui/Button";
import { Icon } from "@/ui/Icon";

export function FileStrip({ conversationId, files }: { conversationId: string; files: readonly DraftFile[] }) {
  const { t } = useTranslation();
  if (files.length === 0) return null;
  return (
    <ul className={css.strip} aria-label={t("composer.files")}>
      {files.map((file) => (
        <li
          key={file.id}
          className={css.file}
          data-state={file.problem ? "failed" : file.upload ? "ready" : "uploading"}
        >
          {file.previewUrl ? (
            <img className={css.preview} src={file.previewUrl} alt="" width={40} height={40} />
          ) : (
            <span className={css.preview}>
              <Icon name="file" size={20} />
            </span>
          )}
          <FileWords file={file} />
          {file.problem && (
            <IconButton
              icon="retry"
              size="s"
              label={t("action.retry")}
              onClick={() => retryFile(conversationId, file)}
            />
          )}
          <IconButton
            icon="close"
            size="s"
            label={t("composer.removeFile", { name: file.file.name })}
            onClick={() => removeFile(conversationId, file.id)}
          />
        </li>
      ))}
    </ul>
  );
}

function FileWords({ file }: { file: DraftFile }) {
  const { t, i18n } = useTranslation();
  const words = useWords();
  const state = file.problem
    ? words.problem(file.problem)
    : file.upload
      ? bytes(file.file.size, i18n.language)
      : t("composer.uploading");
  return (
    <span className={css.words}>
      <span className={css.name}>{file.file.name}</span>
      <span className={css.state}>{state}</span>
    </span>
  );
}
