// Codes for what can be wrong with the configuration.
export const configCodes = {
  CONFIG_INVALID: {
    retry: false,
    explain:
      'The configuration has errors. They are listed above with their places; nothing was changed. `realm validate` checks again.',
  },
  CONFIG_NOT_FOUND: {
    retry: false,
    explain:
      'No realm.config.yaml (or .yml, .json) in this folder or any folder above it. `realm init` writes one; `--config FILE` names another.',
  },
  CONFIG_UNREADABLE: {
    retry: false,
    explain:
      'The configuration file, or one it includes, exists but could not be read. Check its permissions and that it is a regular file.',
  },
} as const;
