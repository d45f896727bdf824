import { SecretsManagerClient, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';

const secret = new SecretsManagerClient({}).send(new GetSecretValueCommand({ SecretId: process.env.API_KEY_SECRET }));

export const handler = async ({ pathParameters: { parcel } }) => {
  const started = performance.now();
  const { SecretString } = await secret;
  const response = await fetch(`${process.env.TRACKING_URL}/parcels/${parcel}`, { headers: { 'x-api-key': SecretString } });
  console.log(`GET /parcels/${parcel} ${response.status} in ${Math.round(performance.now() - started)} ms`);
  return { statusCode: response.status, body: await response.text() };
};
