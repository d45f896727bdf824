exports.handler = async (event) => {
  await new Promise((resolve) => setTimeout(resolve, 30000));
  return { statusCode: 200, body: '{"status":"done"}' };
};
