/** Every sentence of the widget, in both languages; a missing one does not compile. */

const vi = {
  close: "Đóng khung chat",
  more: "Tuỳ chọn",
  language: "English",
  startOver: "Xoá cuộc trò chuyện trên máy này",
  startOverNote: "Dùng khi máy này còn người khác dùng chung.",
  name: "Họ và tên",
  phone: "Số điện thoại",
  optional: "không bắt buộc",
  topic: "Anh/chị cần hỗ trợ về",
  message: "Nội dung",
  begin: "Bắt đầu chat",
  skip: "Chat luôn, không để lại thông tin",
  privacy: "Chính sách quyền riêng tư",
  nameMissing: "Vui lòng nhập họ tên.",
  phoneMissing: "Vui lòng nhập số điện thoại.",
  phoneInvalid: "Số điện thoại chưa đúng. Ví dụ: 0912 345 678.",
  consentMissing: "Vui lòng đánh dấu đồng ý để gửi thông tin.",
  write: "Nhập tin nhắn",
  send: "Gửi",
  attach: "Gửi ảnh hoặc tệp",
  sending: "Đang gửi",
  sent: "Đã gửi",
  seen: "Đã xem",
  failed: "Chưa gửi được. Bấm để thử lại",
  refused: "Không gửi được",
  discard: "Bỏ tin này",
  tooFast: "Gửi hơi nhanh, tin sẽ tự gửi lại sau ít giây.",
  tooLong: "Tin dài quá, còn thừa {n} ký tự.",
  edited: "đã sửa",
  typing: "Nhân viên đang nhập…",
  agent: "Nhân viên",
  you: "Anh/chị",
  thread: "Nội dung trò chuyện",
  older: "Xem tin cũ hơn",
  newer: "Tin mới",
  today: "Hôm nay",
  yesterday: "Hôm qua",
  offline: "Mất kết nối. Tin nhắn sẽ được gửi khi có mạng trở lại.",
  elsewhere: "Cuộc trò chuyện đang mở ở thẻ khác.",
  continueHere: "Tiếp tục ở đây",
  broken: "Chưa mở được khung chat. Vui lòng thử lại.",
  again: "Thử lại",
  openPage: "Khung chat này mở từ trang của cửa hàng.",
  fileKind: "Chỉ nhận ảnh, PDF, Word, Excel và video MP4.",
  fileLarge: "Tệp lớn quá: ảnh tối đa 10 MB, tệp khác 25 MB.",
  fileFailed: "Chưa tải được tệp lên. Vui lòng thử lại.",
  fileMany: "Đã gửi nhiều tệp. Vui lòng thử lại sau.",
  uploading: "Đang tải tệp lên…",
  file: "Tệp",
  picture: "Ảnh",
};

export type Sentence = keyof typeof vi;
export type Locale = "vi" | "en";

const en: Record<Sentence, string> = {
  close: "Close chat",
  more: "Options",
  language: "Tiếng Việt",
  startOver: "Delete the chat on this device",
  startOverNote: "For when others use this device, too.",
  name: "Full name",
  phone: "Phone number",
  optional: "optional",
  topic: "What do you need help with?",
  message: "Message",
  begin: "Start chat",
  skip: "Chat without leaving details",
  privacy: "Privacy policy",
  nameMissing: "Please enter your name.",
  phoneMissing: "Please enter your phone number.",
  phoneInvalid: "This is not a phone number. Example: 0912 345 678.",
  consentMissing: "Please tick the box to send your details.",
  write: "Type a message",
  send: "Send",
  attach: "Send a picture or file",
  sending: "Sending",
  sent: "Sent",
  seen: "Seen",
  failed: "Not sent. Tap to try again",
  refused: "Could not be sent",
  discard: "Discard",
  tooFast: "A bit too fast: it will be sent in a few seconds.",
  tooLong: "Too long by {n} characters.",
  edited: "edited",
  typing: "The agent is typing…",
  agent: "Agent",
  you: "You",
  thread: "Conversation",
  older: "Show older messages",
  newer: "New message",
  today: "Today",
  yesterday: "Yesterday",
  offline: "No connection. Messages will be sent when it is back.",
  elsewhere: "The chat is open in another tab.",
  continueHere: "Continue here",
  broken: "The chat could not be opened. Please try again.",
  again: "Try again",
  openPage: "This chat opens from the shop's own page.",
  fileKind: "Pictures, PDF, Word, Excel and MP4 files only.",
  fileLarge: "Too large: pictures up to 10 MB, other files 25 MB.",
  fileFailed: "The file could not be uploaded. Please try again.",
  fileMany: "Many files were sent. Please try again later.",
  uploading: "Uploading…",
  file: "File",
  picture: "Picture",
};

const CATALOGS: Record<Locale, Record<Sentence, string>> = { vi, en };

export function say(locale: Locale, sentence: Sentence, values: Record<string, string | number> = {}): string {
  return CATALOGS[locale][sentence].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** The first that is one of ours, in the order of who knows best: the page, the shop, the browser. Vietnamese else. */
export function pickLocale(...wishes: (string | undefined)[]): Locale {
  for (const wish of wishes) {
    const language = wish?.slice(0, 2).toLowerCase();
    if (language === "vi" || language === "en") return language;
  }
  return "vi";
}

/** 14:05 */
export function clock(locale: Locale, at: string): string {
  return new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));
}

/** Hôm nay, Hôm qua, 17/11/2026 */
export function day(locale: Locale, at: string, now = new Date()): string {
  const date = new Date(at);
  const days = Math.round((midnight(now) - midnight(date)) / 86_400_000);
  if (days === 0) return say(locale, "today");
  if (days === 1) return say(locale, "yesterday");
  const two = (number: number) => String(number).padStart(2, "0");
  return `${two(date.getDate())}/${two(date.getMonth() + 1)}/${date.getFullYear()}`;
}

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
