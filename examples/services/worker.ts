// Asks the web server now and then; it would fail without it, so it comes after it.
const ask = async (): Promise<void> => {
  const answer = await fetch(process.env['WEB']!);
  console.log(`web says: ${(await answer.text()).trim()}`);
};

await ask();
setInterval(ask, 5_000);
