/* SPDX-License-Identifier: MIT */
#include "guest/recording.h"

#include "common/report.h"

#include <errno.h>

int recording_open(struct recording *recording, const char *path)
{
	recording->file = fopen(path, "ae");
	return recording->file ? 0 : -errno;
}

void recording_close(struct recording *recording)
{
	if (recording->file)
		fclose(recording->file);
	recording->file = NULL;
}

int recording_add(struct recording *recording, const struct report *look)
{
	char line[KEYS_MAX_VALUE + 1];
	struct report numbered = *look;
	if (!recording->file)
		return 0;
	numbered.present |= REPORT_BIT(seq);
	if (report_write(&numbered, line, sizeof(line)))
		fprintf(recording->file, "%s\n", line);
	if (fflush(recording->file) == 0)
		return 0;
	int error = -errno;
	recording_close(recording);
	return error;
}
