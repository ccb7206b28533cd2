// Monaco asks here for its workers; esbuild fills in WORKER_URLS.

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    return new Worker(WORKER_URLS[label] ?? WORKER_URLS.editor, { name: label });
  },
};
