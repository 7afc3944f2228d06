"""Can plasticity find out a hidden variable where no reactive policy can?"""
