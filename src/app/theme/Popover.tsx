import { type ReactNode, type Ref, useId, useState } from 'react';
import { createPortal } from 'react-dom';
import classes from './Popover.module.css';

export interface PopoverProps {
  /** What screen readers call it. */
  readonly label: string;
  /** Pixels. */
  readonly width: number;
  /** What it stands beside, and what opens it if it takes these properties. */
  readonly button: (opens: { readonly popoverTarget: string }) => ReactNode;
  /** One of them may be marked `data-autofocus`. */
  readonly children: ReactNode;
  readonly onClose?: () => void;
  /** For who opens it otherwise: `showPopover({ source })`. */
  readonly ref?: Ref<HTMLDivElement>;
}

/**
 * What a button shows beside itself: a popover of the browser, which closes by Escape and by a click elsewhere, and goes where there is
 * room (https://developer.mozilla.org/en-US/docs/Web/API/Popover_API/Using). A browser that cannot anchor it shows it in the middle.
 */
export function Popover({ label, width, button, children, onClose, ref }: PopoverProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  return (
    <>
      {button({ popoverTarget: id })}
      {/* Not inside of the label or the paragraph that the button is in. */}
      {createPortal(
        <div
          ref={ref}
          id={id}
          popover="auto"
          role="dialog"
          aria-label={label}
          className={classes.popover}
          style={{ width }}
          onBeforeToggle={({ newState }) => newState === 'open' && setOpen(true)}
          onToggle={({ newState, currentTarget }) => {
            if (newState === 'open') {
              currentTarget.querySelector<HTMLElement>('[data-autofocus]')?.focus();
              return;
            }
            // Not before: what has the focus would be gone when the browser gives it back to the button.
            setOpen(false);
            onClose?.();
          }}
        >
          {open && children}
        </div>,
        document.body,
      )}
    </>
  );
}
