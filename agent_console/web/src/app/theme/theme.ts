/** Defaults of the Mantine components we use. Their looks are in mantine.css. */
import { createTheme, Input, Menu, Popover } from "@mantine/core";

export const theme = createTheme({
  primaryColor: "indigo",
  defaultRadius: 6,
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    InputWrapper: Input.Wrapper.extend({
      defaultProps: { inputWrapperOrder: ["label", "input", "description", "error"] },
    }),
    Menu: Menu.extend({ defaultProps: { shadow: "md", offset: 4, transitionProps: { duration: 120 } } }),
    Popover: Popover.extend({ defaultProps: { shadow: "md", offset: 4, transitionProps: { duration: 120 } } }),
  },
});
