// Codes for services.
export const serviceCodes = {
  ADOPTION_REFUSED: {
    retry: false,
    explain:
      "The process cannot become this service: it is not there, is another user's or Realm's own, or the service runs already. `realm ps` lists what runs, `realm stop service/NAME` ends it.",
  },
};
