import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { IconButton } from "@/ui/Button";
import { Tips } from "@/ui/Tips";

it("a sign says what it means while the pointer or the keyboard is at it, and is silent after it was used", async () => {
  const user = userEvent.setup();
  render(
    <>
      <IconButton icon="close" label="Đóng" shortcut="escape" />
      <p>Nội dung</p>
      <Tips />
    </>,
  );
  await user.hover(screen.getByRole("button", { name: "Đóng" }));
  expect((await screen.findByRole("tooltip")).textContent).toBe("ĐóngEsc");
  await user.hover(screen.getByText("Nội dung"));
  await waitFor(() => expect(screen.queryByRole("tooltip")).toBeNull());
  await user.tab();
  expect(await screen.findByRole("tooltip")).toBeTruthy();
  await user.keyboard("{Enter}");
  expect(screen.queryByRole("tooltip")).toBeNull();
});
