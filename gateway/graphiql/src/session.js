// The chosen role. Its name is remembered; its token never leaves memory.

import { ANONYMOUS } from './config.js';
import { recall, remember } from './memory.js';

const KEY = 'kassa:role';

export function createSession({ roles, examples }) {
  const named = (name) => roles.find((role) => role.name === name) ?? ANONYMOUS;
  let role = named(recall(KEY) ?? examples[0]?.role);
  return {
    get role() {
      return role;
    },
    choose(name) {
      role = named(name);
      remember(KEY, role.name);
    },
  };
}
