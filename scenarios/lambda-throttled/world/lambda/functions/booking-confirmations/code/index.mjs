import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';

const ses = new SESv2Client({});

export const handler = async (event) => {
  for (const record of event.Records) {
    const { booking, email, name } = JSON.parse(record.body);
    await ses.send(new SendEmailCommand({
      FromEmailAddress: process.env.FROM,
      Destination: { ToAddresses: [email] },
      Content: { Template: { TemplateName: 'confirmation', TemplateData: JSON.stringify({ name, booking, voucher: process.env.VOUCHER_URL + booking }) } },
    }));
    console.log(`confirmation of ${booking} sent`);
  }
};
