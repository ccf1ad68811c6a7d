// Says who is signed in, and how it was asked.
export default {
  fetch(request) {
    const { pathname, search } = new URL(request.url);
    const [, id] = (request.headers.get("cookie") ?? "").match(/^sid=([a-z]+)$/) ?? [];
    const answer = Response.json({
      user: id && { id },
      method: request.method,
      resource: pathname + search,
      question: request.headers.get("x-authkit-session"),
      headers: [...request.headers.keys()].filter((name) => !name.startsWith("cf-")).join(" "),
    });
    answer.headers.append("set-cookie", "sid=renewed; Expires=Thu, 01 Jan 2099 00:00:00 GMT");
    answer.headers.append("set-cookie", "sid.1=; Max-Age=0");
    answer.headers.append("set-cookie", "theme=dark");
    return answer;
  },
};
