const db = require('./db');

const UPSERT = `
  INSERT INTO profiles (email, display_name, locale, phone)
  VALUES ($1, $2, $3, $4)
  ON CONFLICT (email) DO UPDATE
    SET display_name = excluded.display_name, locale = excluded.locale,
        phone = excluded.phone, updated_at = now()
  RETURNING id, email, display_name, locale, phone, updated_at`;

exports.upsertProfile = async (p) => {
  const { rows } = await db.query(UPSERT, [p.email, p.displayName, p.locale, p.phone]);
  return rows[0];
};
