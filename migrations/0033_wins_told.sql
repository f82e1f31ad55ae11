-- What people were told of wins and challenges, so that they hear of it once, and again when the words are others.

-- The challenge was rewritten since whoever answers was shown it: they are told the new words when it is handed up.
ALTER TABLE wins_naming ADD COLUMN again boolean NOT NULL DEFAULT false;

-- In which words (MD5) those who wrote the origin were told of the line; null: not yet.
ALTER TABLE wins_origin ADD COLUMN told text;
