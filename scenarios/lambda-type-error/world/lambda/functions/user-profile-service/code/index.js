const { upsertProfile } = require('./store');
exports.handler = async (event) => {
  const input = JSON.parse(event.body);
  const displayName = input.user.name;
  const email = input.user.email.toLowerCase();

  const profile = await upsertProfile({
    displayName,
    email,
    locale: input.user.locale || 'en-US',
    phone: input.user.phone || null,
  });
  console.log(`profile ${profile.id} saved`);

  return {
    statusCode: 200,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(profile),
  };
};
