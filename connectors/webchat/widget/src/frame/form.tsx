/** The form before the chat: who writes, about what, and whether they agree that we keep it. */
import { useId, useRef, useState } from "preact/hooks";
import type { Refused } from "./api";
import type { Shown } from "./app";
import { draft } from "./outbox";

type Fault = "name" | "phone" | "consent";
const CODES: Record<string, Fault> = {
  name_missing: "name",
  phone_missing: "phone",
  phone_invalid: "phone",
  consent_missing: "consent",
};

export function Form({ chat, state, say }: Shown) {
  const texts = state.texts;
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  const [fault, setFault] = useState<{ at: Fault; text: string }>();
  const [isBusy, setBusy] = useState(false);
  if (!texts) return null;
  const { locale } = state;
  const isRequired = texts.prechat === "required";
  const asksPhone = texts.prechat_phone !== "off";
  const needsPhone = isRequired && texts.prechat_phone === "required";

  const fail = (at: Fault, text: string) => {
    setFault({ at, text });
    form.current?.querySelector<HTMLElement>(`[name=${at}]`)?.focus();
  };

  const submit = async (event: Event) => {
    event.preventDefault();
    const given = new FormData(form.current ?? undefined);
    const [name, phone, topic, text] = ["name", "phone", "topic", "text"].map((field) => read(given, field));
    if (isRequired && !name) return fail("name", say("nameMissing"));
    if (needsPhone && !phone) return fail("phone", say("phoneMissing"));
    if ((name || phone) && !given.get("consent")) return fail("consent", say("consentMissing"));
    setBusy(true);
    try {
      if (name || phone) await chat.introduce(name ?? "", phone ?? "");
      const words = [topic, text].filter(Boolean).join(": ");
      if (words) chat.say(words);
      else chat.skipForm();
    } catch (error) {
      setBusy(false);
      const at = CODES[(error as Refused).code];
      if (!at) chat.notice((error as Refused).code === "too_fast" ? "tooFast" : "broken");
      else fail(at, say(at === "phone" ? "phoneInvalid" : at === "name" ? "nameMissing" : "consentMissing"));
    }
  };

  const about = (field: Fault) =>
    fault?.at === field ? { "aria-invalid": true, "aria-describedby": `${id}-${field}` } : {};
  const told = (field: Fault) =>
    fault?.at === field && (
      <p class="fault" id={`${id}-${field}`}>
        {fault.text}
      </p>
    );
  const optional = <span class="quiet"> ({say("optional")})</span>;

  return (
    <form class="prechat" ref={form} onSubmit={submit} noValidate>
      <p class="greeting">{texts.greeting[locale]}</p>
      <label>
        <span>{say("name")}</span>
        <input name="name" autocomplete="name" maxLength={200} required={isRequired} {...about("name")} />
        {told("name")}
      </label>
      {asksPhone && (
        <label>
          <span>
            {say("phone")}
            {isRequired && !needsPhone && optional}
          </span>
          <input
            name="phone"
            type="tel"
            inputMode="tel"
            autocomplete="tel"
            maxLength={40}
            placeholder="0912 345 678"
            required={needsPhone}
            {...about("phone")}
          />
          {told("phone")}
        </label>
      )}
      {texts.topics[locale].length > 0 && (
        <fieldset>
          <legend>{say("topic")}</legend>
          <div class="topics">
            {texts.topics[locale].map((topic) => (
              <label key={topic}>
                <input type="radio" name="topic" value={topic} />
                <span>{topic}</span>
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <label>
        <span>
          {say("message")}
          {isRequired && optional}
        </span>
        <textarea name="text" rows={2} maxLength={2000} defaultValue={draft()} />
      </label>
      <label class="consent">
        <input type="checkbox" name="consent" {...about("consent")} />
        <span>
          {texts.consent[locale]}{" "}
          {texts.privacy_url && (
            <a href={texts.privacy_url} target="_blank" rel="noopener noreferrer">
              {say("privacy")}
            </a>
          )}
        </span>
      </label>
      {told("consent")}
      <button type="submit" class="primary" disabled={isBusy}>
        {say("begin")}
      </button>
      {!isRequired && (
        <button type="button" class="link" onClick={() => chat.skipForm()}>
          {say("skip")}
        </button>
      )}
      {state.notice && (
        <p class="fault" role="alert">
          {say(state.notice)}
        </p>
      )}
    </form>
  );
}

function read(given: FormData, field: string): string {
  const value = given.get(field);
  return typeof value === "string" ? value.trim() : "";
}
