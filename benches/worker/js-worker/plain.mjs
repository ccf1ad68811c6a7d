// What one would write today: the flags and page 1 together, then the other pages at once.
import { endpoint, merge, numbers } from "./endpoint.mjs";

export default endpoint(async ({ page, isWhiteLabel }) => {
  const flag = isWhiteLabel();
  const first = await page(1);
  const others = await Promise.all(numbers(2, first.pages).map(page));
  return merge([first, ...others], await flag);
});
