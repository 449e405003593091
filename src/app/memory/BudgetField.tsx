import { TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { budgetText, parseBudget } from './budgetScale.ts';
import type { BudgetKey } from './budgets.ts';
import { bytesText } from './describePlan.ts';

interface BudgetFieldProps {
  readonly id: string;
  readonly budget: BudgetKey;
  readonly className: string;
  readonly value: number;
  readonly onChange: (bytes: number) => void;
  readonly disabled: boolean;
  readonly error: string | null;
  readonly onError: (error: string | null) => void;
}

/** Text that is taken over when it is left or Enter is pressed, and only where it is an amount of memory. */
export function BudgetField({ id, budget, className, value, onChange, disabled, error, onError }: BudgetFieldProps) {
  const shown = budgetText(value);
  const [text, setText] = useState(shown);
  useEffect(() => {
    setText(shown);
    onError(null);
  }, [shown, onError]);
  const commit = () => {
    try {
      const bytes = text === shown ? value : parseBudget(text, budget);
      setText(budgetText(bytes));
      onError(null);
      if (bytes !== value) onChange(bytes);
    } catch (refused) {
      onError((refused as Error).message);
    }
  };
  return (
    <TextInput
      id={id}
      className={className}
      size="xs"
      value={text}
      error={error !== null}
      aria-describedby={error === null ? undefined : `${id}-error`}
      disabled={disabled}
      spellCheck={false}
      autoComplete="off"
      title={value === 0 ? undefined : bytesText(value)}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit();
        if (event.key === 'Escape') {
          setText(shown);
          onError(null);
        }
      }}
    />
  );
}
