-- Since when the secret of a letter stops letters: three years later it is gone, so that they do not pile up with every letter that is
-- sent. The index that finds a reader's secrets carries the age along.
ALTER TABLE wins_stop ADD COLUMN created_at timestamptz NOT NULL DEFAULT now();
DROP INDEX wins_stop_member_idx;
CREATE INDEX wins_stop_member_idx ON wins_stop (member_id, created_at);

-- read and written no more since the secrets have a table of their own
ALTER TABLE wins_list_member DROP COLUMN stop_hash;
