// Prints what the official SDK makes of an account: node mint.mjs BASE_URL KEY IDENTITY
import sdk from "@picahq/authkit-token";

const [baseUrl, key, identity] = process.argv.slice(2);
const { AuthKitToken } = sdk;
const token = await new AuthKitToken(key, { baseUrl }).create({ identity, identityType: "user" });
process.stdout.write(JSON.stringify(token));
