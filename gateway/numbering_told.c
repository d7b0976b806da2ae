#include "gateway/numbering_told.h"

#include "conf/number_index.h"

#include <stddef.h>

/* Q.931 4.5.10 */
enum { SHOWN, WITHHELD, NOT_AVAILABLE };
enum { NOT_SCREENED, PASSED, FAILED, NETWORK };

static bool is_network(const struct conf_target *to)
{
	return to->peer || (to->trunk && to->trunk->member_count &&
			    to->trunk->members[0]->network_side);
}

static const struct conf_number_rule *find(const struct conf_told *policy,
					   const char *core)
{
	return number_index_find(&policy->allowed, CONF_TYPE_ANY, CONF_TYPE_ANY,
				 core, NUMBER_LENGTH_ANY);
}

/* What is to be told in place of `core`, and why. A number that its network
 * found to be wrong is nobody's. */
static const char *choose(const struct conf_told *policy, const char *core,
			  const struct leg_number *in,
			  struct numbering_told *told)
{
	*told = (struct numbering_told){ .verdict = NUMBERING_AS_CAME };
	if (!policy || !policy->checked) {
		if (!*core)
			told->verdict = in->present ? NUMBERING_LEFT_OUT
						    : NUMBERING_NONE;
		return core;
	}
	if (*core && in->screening != FAILED)
		told->allowed = find(policy, core);
	if (told->allowed) {
		told->verdict = NUMBERING_ALLOWED;
		return core;
	}
	told->verdict = *policy->otherwise ? NUMBERING_REPLACED
			: in->present	   ? NUMBERING_LEFT_OUT
					   : NUMBERING_NONE;
	return policy->otherwise;
}

static void make(const struct conf_target *to, const char *core,
		 const struct leg_number *in, struct leg_number *out,
		 struct numbering_told *told)
{
	*out = *in;
	out->present = false;
	if (!*core || numbering_send_to(to, core, out, &told->sent))
		return;
	if (told->verdict == NUMBERING_REPLACED)
		out->screening = is_network(to) ? NETWORK : PASSED;
	else if (told->verdict == NUMBERING_ALLOWED &&
		 out->screening != NETWORK)
		out->screening = PASSED;
	/* Ours is there, whatever the caller's was. */
	if (told->verdict == NUMBERING_REPLACED &&
	    out->presentation == NOT_AVAILABLE)
		out->presentation = SHOWN;
}

/* The value that Q.931 reserves is no permission. */
static bool is_withheld(const struct leg_number *number)
{
	return number->presentation != SHOWN &&
	       number->presentation != NOT_AVAILABLE;
}

static void apply_clir(enum conf_clir clir, struct leg_number *number,
		       struct numbering_told *told)
{
	bool withheld = is_withheld(number);

	if (clir == CONF_CLIR_OVERRIDE && withheld && number->present) {
		number->presentation = SHOWN;
		told->shown = true;
	}
	if (clir == CONF_CLIR_ALWAYS && !withheld) {
		number->presentation = WITHHELD;
		told->withheld = true;
	}
}

static void tell_caller(const struct conf_target *to,
			const struct numbering_who *who,
			const struct leg_number *in, struct leg_number *out,
			struct numbering_told *told)
{
	const struct conf_numbering *plan = numbering_of(to);
	enum conf_clir clir = plan ? plan->clir : CONF_CLIR_HONOUR;
	const char *core =
		choose(plan ? &plan->caller : NULL, who->calling, in, told);

	/* Who cannot be called back may be lost. */
	if (who->emergency) {
		clir = CONF_CLIR_OVERRIDE;
		if (!*core && *who->calling) {
			core = who->calling;
			told->verdict = NUMBERING_AS_CAME;
		}
	}
	make(to, core, in, out, told);
	apply_clir(clir, out, told);
}

/* Whether a call was diverted is told by its number being there. */
static void tell_redirecting(const struct conf_target *to, const char *core,
			     const struct leg_number *in,
			     struct leg_number *out,
			     struct numbering_told *told)
{
	const struct conf_numbering *plan = numbering_of(to);

	if (!in->present) {
		*told = (struct numbering_told){ .verdict = NUMBERING_NONE };
		make(to, "", in, out, told);
		return;
	}
	core = choose(plan ? &plan->redirecting : NULL, core, in, told);
	make(to, core, in, out, told);
}

void numbering_tell_who(const struct conf_target *to,
			const struct numbering_who *who,
			const struct leg_setup *in, struct leg_setup *out,
			struct numbering_told *calling,
			struct numbering_told *redirecting)
{
	struct numbering_told unused;

	tell_caller(to, who, &in->calling, &out->calling,
		    calling ? calling : &unused);
	tell_redirecting(to, who->redirecting, &in->redirecting.number,
			 &out->redirecting.number,
			 redirecting ? redirecting : &unused);
}

const char *numbering_verdict_name(enum numbering_verdict verdict)
{
	static const char *const names[] = {
		[NUMBERING_NONE] = "none",
		[NUMBERING_AS_CAME] = "as it came",
		[NUMBERING_ALLOWED] = "allowed",
		[NUMBERING_REPLACED] = "replaced",
		[NUMBERING_LEFT_OUT] = "left out",
	};

	return names[verdict];
}
