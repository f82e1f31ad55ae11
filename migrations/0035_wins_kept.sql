-- Since when the secret of a letter stops letters. With a letter that is sent three years later it is gone, so that they do not pile up;
-- the index that finds a reader's secrets carries the age along. Servers of the version before write none: theirs is the time of writing.
ALTER TABLE wins_stop ADD COLUMN created_at timestamptz NOT NULL DEFAULT now();
DROP INDEX wins_stop_member_idx;
CREATE INDEX wins_stop_member_idx ON wins_stop (member_id, created_at);

-- Whether a line got other words after the team answered: its answer was to those before. Servers of the version before take such an
-- answer away, so theirs is false.
ALTER TABLE wins_naming ADD COLUMN reworded boolean NOT NULL DEFAULT false;

-- What was asked lately is looked for by every first page.
CREATE INDEX wins_word_question_idx ON wins_word (at) WHERE kind = 'question';
