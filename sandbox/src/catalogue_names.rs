//! Product names for the first 250 rows, ten in each of 25 categories.

/// A category and the products in it, best known first.
pub(crate) type Category = (&'static str, [&'static str; 10]);

/// The array type makes the count a compile-time fact: 25 × 10 names.
#[rustfmt::skip]
pub(crate) const CATEGORIES: [Category; 25] = [
    ("Email", ["Gmail", "Outlook Mail", "SendGrid", "Mailgun", "Postmark", "Resend", "Fastmail", "Front", "Superhuman", "Zoho Mail"]),
    ("Messaging", ["Slack", "Microsoft Teams", "Discord", "Telegram", "WhatsApp Business", "Twilio", "Google Chat", "Mattermost", "Rocket.Chat", "Webex"]),
    ("Spreadsheets", ["Google Sheets", "Airtable", "Microsoft Excel", "Smartsheet", "Coda", "Baserow", "NocoDB", "Grist", "Rows", "SeaTable"]),
    ("CRM", ["HubSpot", "Salesforce", "Pipedrive", "Attio", "Zoho CRM", "Close", "Copper", "Freshsales", "Capsule", "Microsoft Dynamics 365"]),
    ("Documents", ["Notion", "Confluence", "Google Docs", "Microsoft Word", "Evernote", "Slite", "Guru", "GitBook", "Document360", "Nuclino"]),
    ("Payments", ["Stripe", "PayPal", "Square", "Adyen", "Braintree", "Mollie", "Razorpay", "GoCardless", "Paddle", "Checkout.com"]),
    ("Code", ["GitHub", "GitLab", "Bitbucket", "Azure DevOps", "CircleCI", "Jenkins", "Vercel", "Netlify", "Render", "Gitea"]),
    ("Storage", ["Google Drive", "Dropbox", "OneDrive", "Box", "Amazon S3", "SharePoint", "Backblaze B2", "Egnyte", "pCloud", "Nextcloud"]),
    ("Calendar", ["Google Calendar", "Outlook Calendar", "Calendly", "Cal.com", "Acuity Scheduling", "SavvyCal", "Doodle", "YouCanBook.me", "Reclaim", "Chili Piper"]),
    ("Project management", ["Jira", "Asana", "Trello", "Linear", "ClickUp", "Monday.com", "Basecamp", "Wrike", "Todoist", "Shortcut"]),
    ("Commerce", ["Shopify", "WooCommerce", "BigCommerce", "Adobe Commerce", "Amazon Seller Central", "Etsy", "eBay", "PrestaShop", "Ecwid", "Gumroad"]),
    ("Support", ["Zendesk", "Intercom", "Freshdesk", "Help Scout", "Gorgias", "Crisp", "Kustomer", "Gladly", "LiveChat", "Zoho Desk"]),
    ("Accounting", ["QuickBooks Online", "Xero", "FreshBooks", "NetSuite", "Sage Intacct", "Wave", "Zoho Books", "Bill", "Exact Online", "MYOB"]),
    ("Marketing", ["Mailchimp", "Klaviyo", "ActiveCampaign", "Brevo", "Customer.io", "Iterable", "Braze", "Marketo", "ConvertKit", "Constant Contact"]),
    ("Analytics", ["Google Analytics", "Mixpanel", "Amplitude", "PostHog", "Segment", "Heap", "Matomo", "Plausible", "Tableau", "Looker"]),
    ("Databases", ["PostgreSQL", "MySQL", "MongoDB", "Snowflake", "BigQuery", "Redis", "Supabase", "Databricks", "ClickHouse", "Elasticsearch"]),
    ("AI", ["OpenAI", "Anthropic", "Gemini", "Mistral", "Cohere", "Hugging Face", "Perplexity", "ElevenLabs", "Replicate", "Groq"]),
    ("HR", ["BambooHR", "Workday", "Gusto", "Rippling", "Personio", "HiBob", "Deel", "ADP Workforce Now", "UKG Pro", "Remote"]),
    ("Recruiting", ["Greenhouse", "Lever", "Ashby", "Workable", "SmartRecruiters", "Teamtailor", "JazzHR", "Recruitee", "iCIMS", "Bullhorn"]),
    ("Social", ["LinkedIn", "X", "Facebook Pages", "Instagram", "YouTube", "TikTok", "Reddit", "Pinterest", "Mastodon", "Bluesky"]),
    ("Advertising", ["Google Ads", "Facebook Ads", "LinkedIn Ads", "Microsoft Advertising", "TikTok Ads", "Snapchat Ads", "Reddit Ads", "Amazon Ads", "AdRoll", "Criteo"]),
    ("Forms", ["Typeform", "Google Forms", "Jotform", "SurveyMonkey", "Tally", "Qualtrics", "Fillout", "Paperform", "Formstack", "Delighted"]),
    ("Meetings", ["Zoom", "Google Meet", "Gong", "Fireflies", "Otter", "Fathom", "Loom", "GoTo Webinar", "Livestorm", "Whereby"]),
    ("Design", ["Figma", "Canva", "Miro", "Webflow", "WordPress", "Contentful", "Sanity", "Storyblok", "Ghost", "Squarespace"]),
    ("Operations", ["PagerDuty", "Datadog", "Sentry", "ServiceNow", "Opsgenie", "New Relic", "Okta", "Cloudflare", "DocuSign", "PandaDoc"]),
];
