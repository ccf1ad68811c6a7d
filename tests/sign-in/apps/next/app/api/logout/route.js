import { handlers } from "../../../products";

export const { GET, POST } = handlers("logout");
