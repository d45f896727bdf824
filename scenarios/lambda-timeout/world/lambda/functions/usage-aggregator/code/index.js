const { AthenaClient, StartQueryExecutionCommand } = require('@aws-sdk/client-athena');

const athena = new AthenaClient({});

exports.handler = async (event) => {
  for (const record of event.Records) {
    const { file, day } = JSON.parse(record.body);
    const { QueryExecutionId } = await athena.send(new StartQueryExecutionCommand({
      QueryString: `INSERT INTO usage_hourly SELECT account, product, date_trunc('hour', at), sum(units)
        FROM usage_events WHERE day = date '${day}' AND "$path" = '${file}' GROUP BY 1, 2, 3`,
      WorkGroup: process.env.WORKGROUP,
    }));
    console.log(`started ${QueryExecutionId}`);
  }
};
