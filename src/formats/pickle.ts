/**
 * Reads Python pickles, protocols 0 to 5, and executes nothing. A pickle is a program for a stack machine; two of its
 * instructions name any Python function and call it, which is why `pickle.load` on a stranger's file runs the stranger's
 * code. Here a name is looked up in the caller's table of pure functions that only put data together, and a name that is
 * not in it ends the reading.
 *
 * Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py
 *
 * What a hostile file could do instead, and why it cannot: a declared length is checked against the bytes left before
 * anything is made; bytes are views, never copies; everything on the stack and in the memo was paid for by at least one
 * byte of the file; nothing recurses; what the table's functions allocate is counted (`made` below).
 */
import { InputError } from '../config/errors.ts';
import type { PickleFunction, PickleGlobal, PickleKey, PickleValue } from './pickleValues.ts';
import {
  fromTwosComplement,
  isPickleGlobal,
  isPickleObject,
  latin1,
  narrow,
  pickleText,
  unescapeBytes,
  unescapeText,
} from './pickleValues.ts';

/** What a file may name, as `module name` with one blank, and what takes its place. */
export type PickleRegistry = ReadonlyMap<string, PickleFunction>;

export interface PickleOptions {
  /** Where the pickle begins (PyTorch puts several in one file). Default 0. */
  readonly start?: number;
  /** Turns a persistent id into a value, undefined where it cannot; without it, persistent ids are refused. */
  readonly persistentLoad?: (id: PickleValue) => PickleValue | undefined;
}

const LONGEST_INTEGER = 1024; // bytes or digits: conversion to BigInt takes more than linear time

/**
 * Reads one pickle from `bytes`. `where` names the file in messages.
 * @returns the value and the offset behind the pickle's last byte
 * @throws InputError when the pickle is truncated or damaged, or names anything that `registry` does not hold
 */
export function readPickle(
  bytes: Uint8Array,
  where: string,
  registry: PickleRegistry,
  options: PickleOptions = {},
): { value: PickleValue; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  const stack: PickleValue[] = [];
  const marks: number[] = []; // the stack's height at each open MARK
  const memo = new Map<number, PickleValue>();
  const keys = new WeakMap<Uint8Array, string>(); // one long key used a million times is converted once
  let made = 0; // bytes and items that the table's functions allocated: each was in the file once
  let position = options.start ?? 0;
  let opcodeAt = position;

  const damaged = (what: string): InputError =>
    new InputError(`${where}: ${what} at byte ${opcodeAt}; the file is damaged or not a pickle, get it again.`);
  const take = (count: number): number => {
    if (count > bytes.length - position) {
      throw new InputError(
        `${where}: the pickle ends at byte ${bytes.length}, inside the value that begins at byte ${opcodeAt}; ` +
          'the file is truncated, get it again.',
      );
    }
    position += count;
    return position - count;
  };
  const u8 = () => bytes[take(1)];
  const u32 = () => view.getUint32(take(4), true);
  const u64 = () => Number(view.getBigUint64(take(8), true)); // rounding above 2^53 does not matter: take() refuses it
  const raw = (length: number) => bytes.subarray(take(length), position);
  const line = (): string => {
    const end = bytes.indexOf(10, position);
    const text = latin1(raw((end < 0 ? bytes.length + 1 : end) - position));
    position++;
    return text;
  };
  const pop = (): PickleValue => {
    if (stack.length <= (marks.at(-1) ?? 0)) throw damaged('a value is missing on the stack');
    return stack.pop() as PickleValue;
  };
  const popToMark = (): PickleValue[] => {
    const mark = marks.pop();
    if (mark === undefined) throw damaged('a mark is missing');
    const items = stack.slice(mark);
    stack.length = mark;
    return items;
  };
  const global = (module: string, name: string): PickleGlobal => {
    const call = registry.get(`${module} ${name}`);
    if (call) return { kind: 'global', name: `${module}.${name}`, call };
    throw new InputError(
      `${where}: the pickle names ${printable(`${module}.${name}`)} at byte ${opcodeAt}, which a data file of this kind ` +
        'never needs; nothing was executed; do not open this file in Python, and get the data from its original source.',
    );
  };
  const call = (callee: PickleValue, args: PickleValue): PickleValue => {
    if (!isPickleGlobal(callee) || !Array.isArray(args))
      throw damaged('a call of something that is not a known function');
    const result = callee.call(args);
    if (result instanceof Uint8Array || Array.isArray(result)) made += result.length;
    if (result instanceof Map) made += result.size;
    if (result === undefined || made > bytes.length) throw damaged(`arguments that ${callee.name} does not take`);
    return result;
  };
  const key = (value: PickleValue): PickleKey => {
    if (value instanceof Uint8Array) {
      const text = keys.get(value) ?? latin1(value);
      keys.set(value, text);
      return text;
    }
    if (value !== null && typeof value === 'object')
      throw damaged('a dictionary key that is neither text nor a number');
    return value;
  };
  const extend = (items: readonly PickleValue[]): void => {
    const list = pop();
    if (!Array.isArray(list)) throw damaged('an append to something that is not a list');
    for (const item of items) list.push(item);
    stack.push(list);
  };
  const setItems = (map: PickleValue, items: readonly PickleValue[]): void => {
    if (!(map instanceof Map) || items.length % 2) throw damaged('items for something that is not a dictionary');
    for (let i = 0; i < items.length; i += 2) map.set(key(items[i]), items[i + 1]);
    stack.push(map);
  };
  const build = (): void => {
    const state = pop();
    const object = pop();
    // Attributes of a dictionary (PyTorch's OrderedDict carries `_metadata`) are no data: left out.
    if (isPickleObject(object)) object.state = state;
    else if (!(object instanceof Map)) throw damaged('a state for something that takes none');
    stack.push(object);
  };
  const persistent = (id: PickleValue): void => {
    const value = options.persistentLoad?.(id);
    if (value === undefined) throw damaged('a reference to data outside the pickle, which nothing here can resolve');
    stack.push(value);
  };
  const fetch = (index: number): void => {
    const value = memo.get(index);
    if (value === undefined) throw damaged(`a reference to value ${index}, which was never stored`);
    stack.push(value);
  };
  const store = (index: number): void => {
    const value = pop();
    memo.set(index, value);
    stack.push(value);
  };
  const integer = (digits: string): number | bigint => {
    if (!/^[+-]?\d+$/.test(digits) || digits.length > LONGEST_INTEGER) throw damaged('an integer that is none');
    return narrow(BigInt(digits));
  };
  const longInteger = (length: number): number | bigint => {
    if (length > LONGEST_INTEGER) throw damaged('an integer of absurd size');
    return narrow(fromTwosComplement(raw(length)));
  };
  const float = (text: string): number => {
    const value = /^[+-]?inf$/.test(text) ? (text[0] === '-' ? -Infinity : Infinity) : Number(text);
    if (text.trim() === '' || (Number.isNaN(value) && text !== 'nan')) throw damaged('a number that is none');
    return value;
  };
  const quoted = (text: string): Uint8Array => {
    const quote = text[0];
    if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote)
      throw damaged('an unclosed string');
    return unescapeBytes(text.slice(1, -1));
  };
  const short = (length: number) => utf8.decode(raw(length));

  for (;;) {
    opcodeAt = position;
    const opcode = u8();
    switch (opcode) {
      case 0x80: // PROTO
        if (u8() > 5) throw damaged('an unknown pickle protocol');
        break;
      case 0x95: // FRAME: a hint for buffering
        take(8);
        break;
      case 0x2e: // STOP
        return { value: pop(), end: position };

      // Constants
      case 0x4e: // NONE
        stack.push(null);
        break;
      case 0x88: // NEWTRUE
        stack.push(true);
        break;
      case 0x89: // NEWFALSE
        stack.push(false);
        break;
      case 0x49: {
        const digits = line(); // INT: 00 and 01 are how protocol 0 writes the booleans
        stack.push(digits === '00' ? false : digits === '01' ? true : integer(digits));
        break;
      }
      case 0x4c: // LONG: Python 2 ends it with an L
        stack.push(integer(line().replace(/L$/, '')));
        break;
      case 0x4a: // BININT
        stack.push(view.getInt32(take(4), true));
        break;
      case 0x4b: // BININT1
        stack.push(u8());
        break;
      case 0x4d: // BININT2
        stack.push(view.getUint16(take(2), true));
        break;
      case 0x8a: // LONG1
        stack.push(longInteger(u8()));
        break;
      case 0x8b: // LONG4
        stack.push(longInteger(u32()));
        break;
      case 0x46: // FLOAT
        stack.push(float(line()));
        break;
      case 0x47: // BINFLOAT
        stack.push(view.getFloat64(take(8), false));
        break;

      // Text and bytes
      case 0x53: // STRING
        stack.push(quoted(line().trimEnd()));
        break;
      case 0x54: // BINSTRING
      case 0x42: // BINBYTES
        stack.push(raw(u32()));
        break;
      case 0x55: // SHORT_BINSTRING
      case 0x43: // SHORT_BINBYTES
        stack.push(raw(u8()));
        break;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        stack.push(raw(u64()));
        break;
      case 0x56: // UNICODE
        stack.push(unescapeText(line()));
        break;
      case 0x8c: // SHORT_BINUNICODE
        stack.push(short(u8()));
        break;
      case 0x58: // BINUNICODE
        stack.push(short(u32()));
        break;
      case 0x8d: // BINUNICODE8
        stack.push(short(u64()));
        break;

      // Containers
      case 0x28: // MARK
        marks.push(stack.length);
        break;
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        stack.push([]);
        break;
      case 0x7d: // EMPTY_DICT
        stack.push(new Map());
        break;
      case 0x6c: // LIST
      case 0x74: // TUPLE
        stack.push(popToMark());
        break;
      case 0x64: // DICT
        setItems(new Map(), popToMark());
        break;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: {
        const items: PickleValue[] = []; // TUPLE3
        for (let n = opcode - 0x84; n > 0; n--) items.push(pop());
        stack.push(items.reverse());
        break;
      }
      case 0x61: // APPEND
        extend([pop()]);
        break;
      case 0x65: // APPENDS
        extend(popToMark());
        break;
      case 0x73: {
        const value = pop(); // SETITEM
        const name = pop();
        setItems(pop(), [name, value]);
        break;
      }
      case 0x75: {
        const items = popToMark(); // SETITEMS
        setItems(pop(), items);
        break;
      }

      // The stack and the memo
      case 0x30: // POP: takes a mark away when that is on top
        if (marks.at(-1) === stack.length) marks.pop();
        else pop();
        break;
      case 0x31: // POP_MARK
        popToMark();
        break;
      case 0x32: {
        const value = pop(); // DUP
        stack.push(value, value);
        break;
      }
      case 0x70: // PUT
        store(Number(integer(line())));
        break;
      case 0x71: // BINPUT
        store(u8());
        break;
      case 0x72: // LONG_BINPUT
        store(u32());
        break;
      case 0x94: // MEMOIZE
        store(memo.size);
        break;
      case 0x67: // GET
        fetch(Number(integer(line())));
        break;
      case 0x68: // BINGET
        fetch(u8());
        break;
      case 0x6a: // LONG_BINGET
        fetch(u32());
        break;

      // Names and calls: only what the table holds
      case 0x63: // GLOBAL
        stack.push(global(line(), line()));
        break;
      case 0x93: {
        const name = pickleText(pop()); // STACK_GLOBAL
        const module = pickleText(pop());
        if (name === null || module === null) throw damaged('a name that is not text');
        stack.push(global(module, name));
        break;
      }
      case 0x52: // REDUCE
      case 0x81: {
        const args = pop(); // NEWOBJ
        stack.push(call(pop(), args));
        break;
      }
      case 0x69: {
        const callee = global(line(), line()); // INST
        stack.push(call(callee, popToMark()));
        break;
      }
      case 0x6f: {
        const [callee, ...args] = popToMark(); // OBJ
        stack.push(call(callee ?? null, args));
        break;
      }
      case 0x62: // BUILD
        build();
        break;
      case 0x50: // PERSID
        persistent(line());
        break;
      case 0x51: // BINPERSID
        persistent(pop());
        break;
      default:
        throw damaged(`unexpected byte 0x${opcode.toString(16).padStart(2, '0')}`);
    }
  }
}

/** A name from a hostile file, fit for one line of a message. */
function printable(name: string): string {
  return JSON.stringify(name.slice(0, 80)).slice(1, -1);
}
