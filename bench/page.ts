/** Pages of measured figures. */

/** Prints a Markdown page, writes it, and has it formatted as the rest of the project is. */
export async function writePage(file: URL, text: string): Promise<void> {
  console.log(text);
  await Deno.writeTextFile(file, text);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", file.pathname],
  }).output();
  if (!success) console.error(`Cannot format ${file.pathname}`);
}
