// What an application has today, from one of Pica's samples.
export function POST() {
  return Response.json({ error: "the old route answers" }, { status: 500 });
}
