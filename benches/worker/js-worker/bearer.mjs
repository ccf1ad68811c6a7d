/** The token of `Authorization: Bearer …`, or an empty text. */
export const bearerOf = (request) => request.headers.get("authorization")?.match(/^Bearer (\S+)$/i)?.[1] ?? "";
