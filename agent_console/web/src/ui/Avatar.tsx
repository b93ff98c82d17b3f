/** A person as one letter. Pictures of customers live at the providers; showing them would tell the provider who looks. */
import { initial } from "@/lib/format/text";
import css from "@/ui/Avatar.module.css";

export function Avatar({ name, size = 32 }: { name: string; size?: number }) {
  return (
    <span className={css.avatar} style={{ width: size, height: size, fontSize: Math.round(size * 0.44) }} aria-hidden>
      {initial(name)}
    </span>
  );
}
