-- A schedule that follows the sun has a layer per region, and each region hands off by its own clock: the clocks of two
-- regions change on different days. So a version of a rotation may have a zone of its own; null is the schedule's, as
-- everything that was written so far is meant. It belongs to the version and not to the layer, for a new zone counts from
-- the next hand-off as any other edit does.
ALTER TABLE rotation ADD COLUMN time_zone text;
