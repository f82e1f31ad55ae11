-- The first page that somebody opens in the morning, or at night, says what waits for them; it is opened more often than
-- any other, and most of the time nothing waits. So the few rows that may wait are found without reading those that
-- never will again: of the swaps those that nobody has taken or withdrawn.
CREATE INDEX swap_waiting_idx ON swap (ends_at) WHERE withdrawn_at IS NULL AND taken_by IS NULL;
-- A page names the incidents that were opened from it.
CREATE INDEX incident_page_idx ON incident (page_id) WHERE page_id IS NOT NULL;
