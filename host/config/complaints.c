/* SPDX-License-Identifier: MIT */
#include "host/config/complaints.h"

#include <stdarg.h>

void complaints_add(struct complaints *c, unsigned line, const char *format, ...)
{
	va_list args;
	fputs(c->path, c->out);
	if (line)
		fprintf(c->out, ":%u", line);
	fputs(": ", c->out);
	va_start(args, format);
	vfprintf(c->out, format, args);
	va_end(args);
	fputc('\n', c->out);
	c->n++;
}
